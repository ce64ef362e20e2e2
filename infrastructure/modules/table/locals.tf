locals {
  indexes = { for index in var.table.indexes : index.name => index }
}
