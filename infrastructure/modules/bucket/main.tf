resource "aws_s3_bucket" "this" {
  bucket = var.bucket.name

  # What lies here lives a day; it must not stand in the way of tearing down.
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    # S3's own key: callers upload by presigned URLs, and a key of ours would ask a grant of each role that signs.
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {
      prefix = ""
    }

    expiration {
      days = var.bucket.expire_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = length(local.statements) == 0 ? {} : { this = local.statements }

  bucket = aws_s3_bucket.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value })

  # S3 refuses to do both at once.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_lambda_permission" "this" {
  for_each = local.woken

  statement_id   = "notifications-of-${var.bucket.name}"
  function_name  = each.value.name
  action         = "lambda:InvokeFunction"
  principal      = "s3.amazonaws.com"
  source_arn     = aws_s3_bucket.this.arn
  source_account = var.account_id
}

resource "aws_s3_bucket_notification" "this" {
  for_each = length(local.notifications) == 0 ? {} : { this = local.notifications }

  bucket = aws_s3_bucket.this.id

  dynamic "lambda_function" {
    for_each = each.value

    content {
      id                  = lambda_function.value.id
      lambda_function_arn = var.functions[lambda_function.value.function].arn
      events              = lambda_function.value.events
      filter_prefix       = lambda_function.value.prefix
      filter_suffix       = lambda_function.value.suffix
    }
  }

  depends_on = [aws_lambda_permission.this]
}
