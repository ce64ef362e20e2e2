resource "aws_dynamodb_table" "this" {
  name                        = var.table.name
  billing_mode                = var.table.billing
  hash_key                    = var.table.hash_key
  range_key                   = var.table.range_key
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = var.table.attributes

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  dynamic "global_secondary_index" {
    for_each = local.indexes

    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value.hash_key
      range_key       = global_secondary_index.value.range_key
      projection_type = global_secondary_index.value.projection
    }
  }

  ttl {
    attribute_name = var.table.ttl
    enabled        = true
  }

  # Encrypted at rest either way: without this block by a key that AWS owns, which asks no grant of each role.
  point_in_time_recovery {
    enabled = var.table.recovery
  }
}
