locals {
  is_image = var.package.type == "Image"
}
