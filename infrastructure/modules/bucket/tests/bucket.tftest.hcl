mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = { id = "engine-internal", arn = "arn:aws:s3:::engine-internal" }
  }
}

variables {
  account_id = "123456789012"
  functions  = { orchestrator = { name = "engine-orchestrator", arn = "arn:aws:lambda:eu-central-1:123456789012:function:engine-orchestrator" } }
  bucket = {
    name        = "engine-internal"
    expire_days = 1
    notifications = [
      { id = "claims", function = "orchestrator", events = ["s3:ObjectCreated:*"], prefix = "tmp/callbacks/runs/", suffix = "claim.json" },
      { id = "results", function = "orchestrator", events = ["s3:ObjectCreated:*"], prefix = "tmp/callbacks/runs/", suffix = "result.json" },
    ]
    policy = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Sid\": \"Once\", \"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::engine-internal/*\"}]}"
  }
}

run "closed_encrypted_and_short_lived" {
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls, aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls, aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Nothing is public."
  }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration).days == 1
    error_message = "Objects live a day."
  }

  assert {
    condition     = [for one in jsondecode(aws_s3_bucket_policy.this["this"].policy).Statement : one.Sid] == ["Once", "OnlyOverTls"]
    error_message = "The bucket's own statements come with the one that wants TLS."
  }
}

run "wakes_one_function_for_both" {
  assert {
    condition     = toset(aws_s3_bucket_notification.this["this"].lambda_function[*].filter_suffix) == toset(["claim.json", "result.json"])
    error_message = "Claims and results wake, by their suffix."
  }

  assert {
    condition     = keys(aws_lambda_permission.this) == ["orchestrator"]
    error_message = "One permission for each function is enough."
  }
}

run "nothing_to_say_is_no_policy" {
  variables {
    tls_only = false
    bucket   = { name = "engine-done", expire_days = 1, notifications = [], policy = null }
  }

  assert {
    condition     = length(aws_s3_bucket_policy.this) == 0 && length(aws_s3_bucket_notification.this) == 0
    error_message = "There is neither a policy nor a notification."
  }
}

run "a_name_with_dots_is_refused" {
  command = plan

  variables {
    bucket = { name = "engine.internal", expire_days = 1, notifications = [], policy = null }
  }

  expect_failures = [var.bucket]
}
