output "repository_url" {
  description = "Where images are pushed to and pulled from, without a tag."
  value       = aws_ecr_repository.engine.repository_url
}

output "region" {
  description = "The region of the repository."
  value       = var.region
}
