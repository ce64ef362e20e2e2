data "aws_caller_identity" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  tags       = merge({ Project = "aws-execution-engine", Deployment = var.prefix, ManagedBy = "terraform" }, var.tags)
}
