resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = var.trust
}

resource "aws_iam_role_policy" "this" {
  for_each = var.policies

  name   = each.key
  role   = aws_iam_role.this.id
  policy = each.value
}
