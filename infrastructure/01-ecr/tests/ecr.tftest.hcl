mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  region = "eu-central-1"
  prefix = "engine"
}

run "tags_stay_and_images_are_scanned" {
  assert {
    condition     = aws_ecr_repository.engine.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.engine.image_scanning_configuration[0].scan_on_push
    error_message = "A tag says which image it is, for good; and each is looked at."
  }

  assert {
    condition     = jsondecode(aws_ecr_repository_policy.engine.policy).Statement[0].Condition.StringLike["aws:sourceArn"] == "arn:aws:lambda:eu-central-1:123456789012:function:engine-*"
    error_message = "Only this deployment's functions pull from here."
  }
}

run "one_image_is_not_enough" {
  command = plan

  variables {
    kept_images = 1
  }

  expect_failures = [var.kept_images]
}
