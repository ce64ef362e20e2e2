output "state_bucket" {
  description = "The bucket of the other stacks' states."
  value       = aws_s3_bucket.state.id
}

output "region" {
  description = "The region of the bucket."
  value       = var.region
}
