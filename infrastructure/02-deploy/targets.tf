# Beside Lambda: what runs orders in builds and on instances, and what watches over all of them.

module "build_role" {
  source   = "../modules/role"
  for_each = module.definitions.projects

  name  = each.value.name
  trust = module.definitions.trust["codebuild"]
  policies = merge(
    { (each.value.policy) = each.value.policy_document },
    each.value.aws_only_document == null ? {} : { aws-only = each.value.aws_only_document },
  )
}

resource "aws_cloudwatch_log_group" "build" {
  for_each = module.definitions.projects

  name              = each.value.log_group
  retention_in_days = var.log_retention_days
}

resource "aws_codebuild_project" "this" {
  for_each = module.definitions.projects

  name           = each.value.name
  description    = "Runs one attempt of one order"
  service_role   = module.build_role[each.key].arn
  build_timeout  = each.value.build_timeout_minutes
  queued_timeout = each.value.queued_timeout_minutes

  source {
    type      = each.value.source
    buildspec = jsonencode(each.value.buildspec)
  }

  artifacts {
    type = each.value.artifacts
  }

  environment {
    type                        = var.architecture == "arm64" ? "ARM_CONTAINER" : each.value.environment_type
    compute_type                = each.value.compute_type
    image                       = each.value.image
    image_pull_credentials_type = "SERVICE_ROLE"
    privileged_mode             = each.value.privileged

    dynamic "environment_variable" {
      for_each = each.value.environment

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name  = aws_cloudwatch_log_group.build[each.key].name
      stream_name = each.value.log_stream
    }
  }
}

resource "aws_ssm_document" "this" {
  for_each = local.instances

  name            = each.value.name
  document_type   = "Command"
  document_format = "JSON"
  target_type     = "/AWS::EC2::Instance"
  content         = each.value.content
}

module "watchdog_role" {
  source = "../modules/role"

  name     = module.definitions.state_machine.name
  trust    = module.definitions.trust["states"]
  policies = { watchdog = module.definitions.state_machine.policy_document }
}

resource "aws_sfn_state_machine" "watchdog" {
  name       = module.definitions.state_machine.name
  type       = "STANDARD"
  role_arn   = module.watchdog_role.arn
  definition = module.definitions.state_machine.definition
}
