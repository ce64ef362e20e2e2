locals {
  arn           = "arn:aws:s3:::${var.bucket.name}"
  notifications = [for one in var.bucket.notifications : one if contains(keys(var.functions), one.function)]
  woken         = { for key in toset(local.notifications[*].function) : key => var.functions[key] }

  refuse_plain_http = {
    Sid       = "OnlyOverTls"
    Effect    = "Deny"
    Principal = "*"
    Action    = "s3:*"
    Resource  = [local.arn, "${local.arn}/*"]
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }

  statements = concat(
    var.bucket.policy == null ? [] : jsondecode(var.bucket.policy).Statement,
    [for one in [local.refuse_plain_http] : one if var.tls_only],
  )
}
