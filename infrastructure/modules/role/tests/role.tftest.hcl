mock_provider "aws" {}

variables {
  name     = "engine-worker"
  trust    = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
  policies = { worker = "{\"Version\": \"2012-10-17\", \"Statement\": []}" }
}

run "a_policy_each" {
  assert {
    condition     = keys(aws_iam_role_policy.this) == ["worker"] && aws_iam_role_policy.this["worker"].policy == var.policies["worker"]
    error_message = "The role may do what the document says."
  }
}

run "a_role_that_may_do_nothing_is_refused" {
  command = plan

  variables {
    policies = {}
  }

  expect_failures = [var.policies]
}
