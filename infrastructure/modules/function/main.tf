module "role" {
  source = "../role"

  name  = var.function.name
  trust = var.trust
  policies = {
    (var.function.policy) = var.function.policy_document
    aws-only              = var.function.aws_only_document
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.function.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "this" {
  function_name = var.function.name
  role          = module.role.arn
  timeout       = var.function.timeout
  memory_size   = var.function.memory
  architectures = [var.package.architecture]

  package_type     = var.package.type
  image_uri        = local.is_image ? var.package.image_uri : null
  filename         = local.is_image ? null : var.package.zip_path
  source_code_hash = local.is_image ? null : filebase64sha256(var.package.zip_path)
  handler          = local.is_image ? null : var.function.handler
  runtime          = local.is_image ? null : var.package.runtime

  reserved_concurrent_executions = var.reserved_concurrency

  dynamic "image_config" {
    for_each = local.is_image ? [var.function.handler] : []

    content {
      command = [image_config.value]
    }
  }

  ephemeral_storage {
    size = var.function.tmp
  }

  environment {
    variables = var.function.environment
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = var.function.async_retries
  maximum_event_age_in_seconds = 21600 # a throttled event waits as long as Lambda lets it

  destination_config {
    on_failure {
      destination = var.dead_letter_queue_arn
    }
  }
}

# A job of forty orders in a chain goes from S3 to Lambda to S3 forty times, which is no accident.
resource "aws_lambda_function_recursion_config" "this" {
  function_name  = aws_lambda_function.this.function_name
  recursive_loop = var.function.recursive_loop
}
