mock_provider "aws" {}

variables {
  prefix            = "engine"
  region            = "eu-central-1"
  namespace         = "Engine"
  functions         = { orchestrator = "engine-orchestrator", worker = "engine-worker" }
  queue_name        = "engine-dead-letters"
  state_machine_arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:engine-watchdog"
  api_id            = "abc"
  build_project     = "engine-build"
  alarm_actions     = ["arn:aws:sns:eu-central-1:123456789012:people"]
}

run "alarms_tell_somebody" {
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset(var.alarm_actions)])
    error_message = "Every alarm tells who is to be told."
  }

  assert {
    condition = alltrue([for name in ["dead-letters", "watchdog-time-outs", "orchestrator-errors", "worker-throttles"] :
    contains(output.alarms, "engine-${name}")])
    error_message = "What matters has an alarm."
  }
}

run "the_dashboard_shows_the_engine" {
  assert {
    condition = alltrue([for metric in ["RunsStarted", "OrdersEnded", "TimeToDispatch", "DeadLetters", "WatchdogTimeouts"] :
    strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "\"${metric}\"")])
    error_message = "Runs, orders by status, time to dispatch, dead letters, time-outs."
  }
}

run "no_namespace_of_aws" {
  command = plan

  variables {
    namespace = "AWS/Engine"
  }

  expect_failures = [var.namespace]
}
