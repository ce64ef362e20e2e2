# What a function failed at after all its tries lands here, and wakes the orchestrator for its run.
resource "aws_sqs_queue" "dead_letters" {
  name                      = local.names.dead_letter_queue
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true

  # Six times as long as the function that takes the messages may run, as AWS has it.
  visibility_timeout_seconds = 6 * local.functions["orchestrator"].timeout
}

resource "aws_sqs_queue_policy" "dead_letters" {
  for_each = var.tls_only ? { this = aws_sqs_queue.dead_letters } : {}

  queue_url = each.value.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [merge(local.refuse_plain_http, { Action = "sqs:*", Resource = each.value.arn })]
  })
}

resource "aws_lambda_event_source_mapping" "dead_letters" {
  event_source_arn = aws_sqs_queue.dead_letters.arn
  function_name    = module.function["orchestrator"].arn
  batch_size       = 10

  # The orchestrator says which letters are to come again; the others are done with.
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = 2
  }
}

# Another door to POST /init: a job as a message.
resource "aws_sns_topic" "jobs" {
  name              = "${var.prefix}-jobs"
  kms_master_key_id = "alias/aws/sns"
}

resource "aws_sns_topic_policy" "jobs" {
  arn = aws_sns_topic.jobs.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "TheAccountsPoliciesDecide"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local.account_id}:root" }
        Action    = ["sns:Publish", "sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:Subscribe"]
        Resource  = aws_sns_topic.jobs.arn
      }],
      [for one in [local.refuse_plain_http] : merge(one, { Action = "sns:Publish", Resource = aws_sns_topic.jobs.arn }) if var.tls_only],
    )
  })
}

resource "aws_lambda_permission" "jobs" {
  statement_id  = "messages-of-${aws_sns_topic.jobs.name}"
  function_name = module.function["init_job"].name
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.jobs.arn
}

resource "aws_sns_topic_subscription" "jobs" {
  topic_arn = aws_sns_topic.jobs.arn
  protocol  = "lambda"
  endpoint  = module.function["init_job"].arn

  depends_on = [aws_lambda_permission.jobs]
}
