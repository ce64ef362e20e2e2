"""The one room that knows DynamoDB, S3, Parameter Store and Step Functions: the store protocols on AWS."""
