variables {
  prefix            = "engine"
  region            = "eu-central-1"
  account_id        = "123456789012"
  engine_image      = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/engine:1"
  kms_key_arn       = "arn:aws:kms:eu-central-1:123456789012:key/0b1"
  metrics_namespace = "Engine"
}

run "one_prefix" {
  command = plan

  assert {
    condition     = alltrue([for function in output.functions : startswith(function.name, "engine-")])
    error_message = "Every function's name begins with the prefix."
  }

  assert {
    condition     = output.functions["init_job"].environment["AWS_EXE_SYS_KMS_KEY"] == var.kms_key_arn
    error_message = "The key's ARN stands where the mark stood."
  }

  assert {
    condition     = !strcontains(jsonencode([output.functions, output.projects, output.tables, output.buckets]), "kms-key-arn")
    error_message = "No mark is left."
  }

  assert {
    condition     = strcontains(output.projects["build"].aws_only_document, "arn:aws:ecr:eu-central-1:123456789012:repository/engine\"")
    error_message = "Builds may pull the image from its repository."
  }

  assert {
    condition     = length(regexall("sqs:ReceiveMessage", jsonencode(output.functions))) == 1
    error_message = "The orchestrator alone takes dead letters."
  }
}

run "without_instances_no_document_is_named" {
  command = plan

  variables {
    instances_enabled = false
  }

  assert {
    condition     = alltrue([for function in output.functions : !contains(keys(function.environment), "AWS_EXE_SYS_SSM_DOCUMENT")])
    error_message = "A document that is not there must not be named."
  }
}

run "an_image_from_elsewhere_is_pulled_without_a_role" {
  command = plan

  variables {
    engine_image = "public.ecr.aws/somebody/engine:1"
  }

  assert {
    condition     = output.projects["build"].aws_only_document == null
    error_message = "There is no repository of ours to pull from."
  }
}

run "without_a_bus_nobody_may_tell_one" {
  command = plan

  assert {
    condition     = !strcontains(join("", values(output.policies)), "events:PutEvents")
    error_message = "The statement is there only for a bus."
  }

  assert {
    condition     = alltrue([for function in output.functions : !contains(keys(function.environment), "AWS_EXE_SYS_EVENT_BUS")])
    error_message = "A bus that is not there must not be named."
  }
}

run "the_orchestrator_alone_tells_the_bus" {
  command = plan

  variables {
    event_bus = "default"
  }

  assert {
    condition     = [for name, policy in output.policies : name if strcontains(policy, "events:PutEvents")] == ["orchestrator"]
    error_message = "Nobody else has news."
  }

  assert {
    condition     = strcontains(output.policies["orchestrator"], "arn:aws:events:eu-central-1:123456789012:event-bus/default")
    error_message = "This bus and no other."
  }

  assert {
    condition     = [for key, function in output.functions : key if contains(keys(function.environment), "AWS_EXE_SYS_EVENT_BUS")] == ["orchestrator"]
    error_message = "Who tells the bus knows its name."
  }
}

run "all_buses_are_refused" {
  command = plan

  variables {
    event_bus = "*"
  }

  expect_failures = [var.event_bus]
}

run "a_long_prefix_is_refused" {
  command = plan

  variables {
    prefix = "an-engine-of-many-words"
  }

  expect_failures = [var.prefix]
}

run "all_objects_of_all_buckets_are_refused" {
  command = plan

  variables {
    code_object_arns = ["arn:aws:s3:::*"]
  }

  expect_failures = [var.code_object_arns]
}

run "objects_of_buckets_of_any_name_are_refused" {
  command = plan

  variables {
    code_object_arns = ["arn:aws:s3:::*/releases/*"]
  }

  expect_failures = [var.code_object_arns]
}

run "settings_that_nobody_reads_are_refused" {
  command = plan

  variables {
    settings = { GRACE = "60" }
  }

  expect_failures = [var.settings]
}

run "all_credentials_and_roles_are_refused" {
  command = plan

  variables {
    credential_parameter_arns = ["*"]
    credential_secret_arns    = ["*"]
    target_role_arns          = ["*"]
  }

  expect_failures = [var.credential_parameter_arns, var.credential_secret_arns, var.target_role_arns]
}
