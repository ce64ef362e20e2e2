mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  region = "eu-central-1"
}

run "a_bucket_that_loses_nothing" {
  assert {
    condition     = aws_s3_bucket.state.bucket == "execution-engine-state-123456789012-eu-central-1"
    error_message = "Its name is nobody else's."
  }

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled" && !aws_s3_bucket.state.force_destroy
    error_message = "States can be had back, and do not go with the bucket unasked."
  }

  assert {
    condition     = strcontains(aws_s3_bucket_policy.state["this"].policy, "aws:SecureTransport")
    error_message = "States travel over TLS only."
  }
}

run "a_name_of_ones_own" {
  variables {
    bucket_name = "states-of-mine"
  }

  assert {
    condition     = output.state_bucket != null && aws_s3_bucket.state.bucket == "states-of-mine"
    error_message = "The name that was given."
  }
}

run "no_region" {
  command = plan

  variables {
    region = "Frankfurt"
  }

  expect_failures = [var.region]
}
