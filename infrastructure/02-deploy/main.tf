# What there is comes from the engine's resource files, which the embedded AWS of one machine is made from, too.
module "definitions" {
  source = "../modules/definitions"

  prefix                    = var.prefix
  region                    = var.region
  account_id                = local.account_id
  engine_image              = coalesce(var.build_image, var.image_uri)
  kms_key_arn               = aws_kms_key.jobs.arn
  code_object_arns          = var.code_object_arns
  credential_parameter_arns = var.credential_parameter_arns
  credential_secret_arns    = var.credential_secret_arns
  target_role_arns          = var.target_role_arns
  settings                  = var.settings
  event_bus                 = var.event_bus
  metrics_namespace         = var.metrics_namespace
  instances_enabled         = var.instances_enabled
}

module "table" {
  source   = "../modules/table"
  for_each = module.definitions.tables

  table               = each.value
  deletion_protection = var.deletion_protection
}

# Seals the jobs that are kept for a retry. Who may use it is up to the roles' policies, as for everything else.
resource "aws_kms_key" "jobs" {
  description             = "Seals the jobs that are kept for a retry"
  enable_key_rotation     = true
  deletion_window_in_days = 7

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TheAccountsPoliciesDecide"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${local.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "jobs" {
  name          = local.alias
  target_key_id = aws_kms_key.jobs.key_id
}

module "function" {
  source   = "../modules/function"
  for_each = local.functions

  function              = merge(each.value, { tmp = lookup(var.tmp_megabytes, each.key, 512) })
  trust                 = module.definitions.trust["lambda"]
  package               = local.package
  dead_letter_queue_arn = aws_sqs_queue.dead_letters.arn
  reserved_concurrency  = lookup(var.reserved_concurrency, each.key, -1)
  log_retention_days    = var.log_retention_days
}

module "bucket" {
  source   = "../modules/bucket"
  for_each = module.definitions.buckets

  bucket     = merge(each.value, { policy = each.value.policy == null ? null : jsonencode(each.value.policy) })
  functions  = module.function
  account_id = local.account_id
  tls_only   = var.tls_only
}

module "api" {
  source = "../modules/api"

  name               = var.prefix
  routes             = module.definitions.routes
  functions          = module.function
  jwt                = var.jwt
  throttling         = var.throttling
  log_retention_days = var.log_retention_days
}

module "observability" {
  source = "../modules/observability"

  prefix            = var.prefix
  region            = var.region
  namespace         = var.metrics_namespace
  functions         = { for key, function in local.functions : key => function.name }
  queue_name        = aws_sqs_queue.dead_letters.name
  state_machine_arn = aws_sfn_state_machine.watchdog.arn
  api_id            = module.api.id
  build_project     = aws_codebuild_project.this["build"].name
  alarm_actions     = var.alarm_actions
}
