mock_provider "aws" {
  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      api_endpoint  = "https://abc.execute-api.eu-central-1.amazonaws.com"
      execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abc"
    }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/apigateway/engine" }
  }
}

variables {
  name               = "engine"
  throttling         = { rate = 50, burst = 100 }
  log_retention_days = 30
  routes             = { "POST /init" = "init_job", "GET /runs/{run_id}" = "control", "POST /runs/{run_id}/cancel" = "control", "POST /runs/{run_id}/retry" = "control" }
  functions = {
    init_job = { name = "engine-init-job", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:engine-init-job/invocations" }
    control  = { name = "engine-control", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:engine-control/invocations" }
    worker   = { name = "engine-worker", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:engine-worker/invocations" }
  }
}

run "iam_on_every_route" {
  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.this : route.authorization_type == "AWS_IAM"])
    error_message = "Nobody comes in unsigned."
  }

  assert {
    condition     = length(aws_apigatewayv2_route.this) == 4 && keys(aws_lambda_permission.this) == ["control", "init_job"]
    error_message = "Each route leads to its function, and to no other one."
  }

  assert {
    condition     = output.url == "https://abc.execute-api.eu-central-1.amazonaws.com"
    error_message = "The URL is the service's own."
  }
}

run "tokens_on_every_route" {
  variables {
    jwt = { issuer = "https://id.example.org", audience = ["engine"] }
  }

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.this : route.authorization_type == "JWT" && route.authorizer_id != null])
    error_message = "Nobody comes in without a token."
  }
}

run "an_audience_is_needed" {
  command = plan

  variables {
    jwt = { issuer = "https://id.example.org", audience = [] }
  }

  expect_failures = [var.jwt]
}
