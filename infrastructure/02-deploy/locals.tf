data "aws_caller_identity" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id

  tags = merge({ Project = "aws-execution-engine", Deployment = var.prefix, ManagedBy = "terraform" }, var.tags)

  package = {
    type         = var.package_type
    image_uri    = var.image_uri
    zip_path     = var.zip_path
    runtime      = var.zip_runtime
    architecture = var.architecture
  }

  names     = module.definitions.names
  functions = module.definitions.functions
  alias     = "alias/${var.prefix}"

  instances = { for key, document in { engine = module.definitions.ssm_document } : key => document if var.instances_enabled }

  refuse_plain_http = {
    Sid       = "OnlyOverTls"
    Effect    = "Deny"
    Principal = "*"
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }
}
