output "alarms" {
  description = "The names of all alarms, sorted."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
}

output "dashboard" {
  description = "The name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
