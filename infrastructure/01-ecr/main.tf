resource "aws_ecr_repository" "engine" {
  name = var.prefix

  # A tag says which image it is, for good.
  image_tag_mutability = "IMMUTABLE"

  # Images can be built again from the code; they must not stand in the way of tearing down.
  force_delete = true

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "AES256"
  }
}

resource "aws_ecr_lifecycle_policy" "engine" {
  repository = aws_ecr_repository.engine.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last ${var.kept_images} images"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.kept_images }
      action       = { type = "expire" }
    }]
  })
}

# Lambda pulls images by the repository's leave, not by the functions' roles.
resource "aws_ecr_repository_policy" "engine" {
  repository = aws_ecr_repository.engine.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "FunctionsOfThisDeployment"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      Condition = { StringLike = { "aws:sourceArn" = "arn:aws:lambda:${var.region}:${local.account_id}:function:${var.prefix}-*" } }
    }]
  })
}
