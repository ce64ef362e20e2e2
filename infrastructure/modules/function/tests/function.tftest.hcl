mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/engine-worker" }
  }
}

variables {
  trust                 = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
  dead_letter_queue_arn = "arn:aws:sqs:eu-central-1:123456789012:engine-dead-letters"
  log_retention_days    = 30
  package               = { type = "Image", image_uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/engine:1", architecture = "x86_64" }
  function = {
    name              = "engine-worker"
    handler           = "execution_engine.handlers.worker.handler"
    timeout           = 900
    memory            = 2048
    tmp               = 2048
    async_retries     = 0
    recursive_loop    = "Allow"
    environment       = { AWS_EXE_SYS_INTERNAL_BUCKET = "engine-internal" }
    policy            = "worker"
    policy_document   = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
    aws_only_document = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
  }
}

run "an_image" {
  assert {
    condition     = join(" ", one(aws_lambda_function.this.image_config).command) == "execution_engine.handlers.worker.handler"
    error_message = "The image's command is the handler."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 0
    error_message = "A worker is never tried again by Lambda."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this.destination_config[0].on_failure[0].destination == var.dead_letter_queue_arn
    error_message = "What failed goes to the queue."
  }

  assert {
    condition     = aws_lambda_function_recursion_config.this.recursive_loop == "Allow"
    error_message = "A chain of orders is no accident."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/engine-worker" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "Its log does not live for ever."
  }
}

run "a_zip" {
  variables {
    package = { type = "Zip", zip_path = "main.tf", runtime = "python3.13", architecture = "arm64" }
  }

  assert {
    condition     = aws_lambda_function.this.handler == "execution_engine.handlers.worker.handler" && length(aws_lambda_function.this.image_config) == 0
    error_message = "A zip is run by its handler."
  }
}

run "an_image_must_be_named" {
  command = plan

  variables {
    package = { type = "Image", architecture = "x86_64" }
  }

  expect_failures = [var.package]
}

run "no_concurrency_at_all_is_refused" {
  command = plan

  variables {
    reserved_concurrency = 0
  }

  expect_failures = [var.reserved_concurrency]
}
