output "id" {
  description = "The API's id."
  value       = aws_apigatewayv2_api.this.id
}

output "url" {
  description = "Where the API answers, as the service says it; without a slash at the end."
  value       = trimsuffix(aws_apigatewayv2_api.this.api_endpoint, "/")
  depends_on  = [aws_apigatewayv2_stage.this]
}
