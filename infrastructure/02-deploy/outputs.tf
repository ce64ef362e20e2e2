output "api_url" {
  description = "Where the API answers."
  value       = module.api.url
}

output "region" {
  description = "The region everything is in."
  value       = var.region
}

output "prefix" {
  description = "What every name begins with."
  value       = var.prefix
}

output "internal_bucket" {
  description = "The bucket of bundles and callbacks."
  value       = module.bucket["internal"].name
}

output "done_bucket" {
  description = "The bucket that says which runs are over."
  value       = module.bucket["done"].name
}

output "tables" {
  description = "The names of the tables by their keys."
  value       = { for key, table in module.table : key => table.name }
}

output "functions" {
  description = "The names of the functions by their keys."
  value       = { for key, function in module.function : key => function.name }
}

output "state_machine_arn" {
  description = "The watchdog."
  value       = aws_sfn_state_machine.watchdog.arn
}

output "build_projects" {
  description = "The CodeBuild projects by their keys."
  value       = { for key, project in aws_codebuild_project.this : key => project.name }
}

output "ssm_document" {
  description = "The SSM document; null without instances."
  value       = one([for document in aws_ssm_document.this : document.name])
}

output "jobs_topic_arn" {
  description = "The topic that takes jobs as messages."
  value       = aws_sns_topic.jobs.arn
}

output "dead_letter_queue_url" {
  description = "The queue of what functions failed at."
  value       = aws_sqs_queue.dead_letters.url
}

output "kms_key_arn" {
  description = "The key that seals kept jobs."
  value       = aws_kms_key.jobs.arn
}

output "alarms" {
  description = "The names of all alarms."
  value       = module.observability.alarms
}

output "dashboard" {
  description = "The CloudWatch dashboard."
  value       = module.observability.dashboard
}

output "log_groups" {
  description = "The log groups of functions and builds."
  value       = sort(concat([for function in module.function : function.log_group], [for group in aws_cloudwatch_log_group.build : group.name]))
}
