output "name" {
  description = "The function's name."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "The function's ARN."
  value       = aws_lambda_function.this.arn
}

output "invoke_arn" {
  description = "The ARN by which an API invokes the function."
  value       = aws_lambda_function.this.invoke_arn
}

output "log_group" {
  description = "The name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "role_arn" {
  description = "The ARN of the function's role."
  value       = module.role.arn
}
