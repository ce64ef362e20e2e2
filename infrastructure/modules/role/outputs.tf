output "name" {
  description = "The role's name."
  value       = aws_iam_role.this.name
}

output "arn" {
  description = "The role's ARN, once its policies are in place."
  value       = aws_iam_role.this.arn
  depends_on  = [aws_iam_role_policy.this]
}
