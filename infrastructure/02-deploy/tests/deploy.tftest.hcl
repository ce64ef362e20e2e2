mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/engine" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/0b1", key_id = "0b1" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:engine" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::engine" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:engine-dead-letters" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:engine-jobs" }
  }

  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:engine-watchdog" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:engine" }
  }

  mock_resource "aws_apigatewayv2_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abc", api_endpoint = "https://abc.execute-api.eu-central-1.amazonaws.com" }
  }
}

variables {
  region    = "eu-central-1"
  prefix    = "engine"
  image_uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/engine:1"
}

run "all_of_it" {
  assert {
    condition     = toset(keys(output.tables)) == toset(["orders", "order_events", "locks"])
    error_message = "Three tables."
  }

  assert {
    condition     = length(setsubtract(["init_job", "ssm_config", "control", "orchestrator", "watchdog_check", "worker"], keys(output.functions))) == 0
    error_message = "All functions."
  }

  assert {
    condition     = output.ssm_document == "engine-run" && output.build_projects["build"] == "engine-build"
    error_message = "Builds and instances."
  }

  assert {
    condition     = aws_sqs_queue.dead_letters.visibility_timeout_seconds == 1800
    error_message = "Who takes a dead letter has time for it."
  }

  assert {
    condition     = contains(aws_lambda_event_source_mapping.dead_letters.function_response_types, "ReportBatchItemFailures")
    error_message = "A dead letter that can't be taken up comes again, and no other with it."
  }

  assert {
    condition     = strcontains(aws_sns_topic_policy.jobs.policy, "OnlyOverTls") && length(aws_sqs_queue_policy.dead_letters) == 1
    error_message = "Messages travel over TLS only."
  }

  assert {
    condition     = aws_codebuild_project.this["build"].environment[0].image == var.image_uri
    error_message = "Builds run the functions' image."
  }
}

run "limits_of_ones_own" {
  variables {
    reserved_concurrency = { worker = 200 }
    tmp_megabytes        = { worker = 4096 }
    instances_enabled    = false
  }

  assert {
    condition     = output.ssm_document == null
    error_message = "Without instances there is no document."
  }
}

run "an_image_must_be_named" {
  command = plan

  variables {
    image_uri = null
  }

  expect_failures = [var.image_uri]
}

run "a_zip_needs_an_image_for_builds" {
  command = plan

  variables {
    image_uri    = null
    package_type = "Zip"
    zip_path     = "main.tf"
  }

  expect_failures = [var.build_image]
}

run "worker_that_may_never_run" {
  command = plan

  variables {
    reserved_concurrency = { worker = 0 }
  }

  expect_failures = [var.reserved_concurrency]
}
