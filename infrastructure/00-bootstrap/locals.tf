data "aws_caller_identity" "current" {}

locals {
  tags        = merge({ Project = "aws-execution-engine", Deployment = var.prefix, ManagedBy = "terraform" }, var.tags)
  bucket_name = coalesce(var.bucket_name, "${var.prefix}-state-${data.aws_caller_identity.current.account_id}-${var.region}")
}
