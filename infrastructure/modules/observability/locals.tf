locals {
  # One word each: the alarm's name, what is counted, and what it means to whoever is woken by it.
  alarms = merge(
    {
      dead-letters = {
        namespace   = "AWS/SQS"
        metric      = "NumberOfMessagesSent"
        dimensions  = { QueueName = var.queue_name }
        threshold   = 0
        description = "A function failed at something after all its tries. The run's orchestrator is woken; the function's log says why."
      }
      stuck-dead-letters = {
        namespace   = "AWS/SQS"
        metric      = "ApproximateAgeOfOldestMessage"
        statistic   = "Maximum"
        dimensions  = { QueueName = var.queue_name }
        threshold   = 7200
        description = "Nobody could be woken for a dead letter for two hours."
      }
      watchdogs-failed = {
        namespace   = "AWS/States"
        metric      = "ExecutionsFailed"
        dimensions  = { StateMachineArn = var.state_machine_arn }
        threshold   = 0
        description = "A watchdog ended without its check having said so: nobody watches its order any more."
      }
      watchdog-time-outs = {
        namespace   = var.namespace
        metric      = "WatchdogTimeouts"
        dimensions  = { service = var.prefix }
        threshold   = 0
        description = "A watchdog had to end an order from outside: its worker was lost, or did not end in time."
      }
      api-errors = {
        namespace   = "AWS/ApiGateway"
        metric      = "5xx"
        dimensions  = { ApiId = var.api_id }
        threshold   = 0
        description = "The API answered somebody with an error of its own."
      }
    },
    { for key, name in var.functions : "${replace(key, "_", "-")}-errors" => {
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = { FunctionName = name }
      threshold   = 0
      description = "The function failed; Lambda tries asynchronous invocations again, but for the worker's."
    } },
    { for key, name in var.functions : "${replace(key, "_", "-")}-throttles" => {
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      dimensions  = { FunctionName = name }
      threshold   = 0
      description = "More was asked of the function than may run at once: raise the account's quota, or its reserved concurrency."
    } },
  )

  engine = {
    RunsStarted      = "Runs started"
    RunsEnded        = "Runs ended, by status"
    OrdersEnded      = "Orders ended, by status"
    TimeToDispatch   = "Time from submission to dispatch (ms)"
    WatchdogTimeouts = "Ended by a watchdog"
    DeadLetters      = "Dead letters taken up"
  }

  statuses = ["succeeded", "failed", "timed_out"]

  of_engine = {
    RunsStarted      = [[var.namespace, "RunsStarted", "service", var.prefix]]
    RunsEnded        = [for status in local.statuses : [var.namespace, "RunsEnded", "service", var.prefix, "status", status]]
    OrdersEnded      = [for status in local.statuses : [var.namespace, "OrdersEnded", "service", var.prefix, "status", status]]
    TimeToDispatch   = [for stat in ["p50", "p95", "Maximum"] : [var.namespace, "TimeToDispatch", "service", var.prefix, { stat = stat }]]
    WatchdogTimeouts = [[var.namespace, "WatchdogTimeouts", "service", var.prefix]]
    DeadLetters      = [[var.namespace, "DeadLetters", "service", var.prefix]]
  }

  of_aws = {
    "Function errors"                = [for name in values(var.functions) : ["AWS/Lambda", "Errors", "FunctionName", name]]
    "Function throttles"             = [for name in values(var.functions) : ["AWS/Lambda", "Throttles", "FunctionName", name]]
    "Functions at once"              = [for name in values(var.functions) : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", name, { stat = "Maximum" }]]
    "Function duration (ms, p95)"    = [for name in values(var.functions) : ["AWS/Lambda", "Duration", "FunctionName", name, { stat = "p95" }]]
    "Age of events (ms, maximum)"    = [for name in values(var.functions) : ["AWS/Lambda", "AsyncEventAge", "FunctionName", name, { stat = "Maximum" }]]
    "API requests and errors"        = [for metric in ["Count", "4xx", "5xx"] : ["AWS/ApiGateway", metric, "ApiId", var.api_id]]
    "Dead letters"                   = [for metric in ["NumberOfMessagesSent", "ApproximateNumberOfMessagesVisible"] : ["AWS/SQS", metric, "QueueName", var.queue_name]]
    "Watchdogs"                      = [for metric in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed"] : ["AWS/States", metric, "StateMachineArn", var.state_machine_arn]]
    "Builds, and how long they wait" = [["AWS/CodeBuild", "Builds", "ProjectName", var.build_project], ["AWS/CodeBuild", "QueuedDuration", "ProjectName", var.build_project, { stat = "Maximum", yAxis = "right" }]]
  }

  charts = concat(
    [for name, title in local.engine : { title = title, metrics = local.of_engine[name] }],
    [for title, metrics in local.of_aws : { title = title, metrics = metrics }],
  )

  widgets = [for place, chart in local.charts : {
    type   = "metric"
    width  = 8
    height = 6
    x      = 8 * (place % 3)
    y      = 6 * floor(place / 3)
    properties = {
      title   = chart.title
      metrics = chart.metrics
      region  = var.region
      view    = "timeSeries"
      stat    = "Sum"
      period  = 60
    }
  }]
}
