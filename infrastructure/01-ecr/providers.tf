# Where AWS answers is the environment's to say (AWS_ENDPOINT_URL), as for all of AWS's own tools.
provider "aws" {
  region            = var.region
  s3_use_path_style = var.s3_use_path_style

  default_tags {
    tags = local.tags
  }
}
