"""What the fields of a job and of an order mean, in a sentence each (contract section 1)."""

from __future__ import annotations

JOB_FIELDS = {
    "username": "First part of `flow_id`.",
    "orders": "What is to run.",
    "git_repo": "`org/repo`, or an https or ssh URL: the default for orders.",
    "git_provider": "Which provider resolves `git_repo`.",
    "git_token_location": "Credential location of an HTTPS token.",
    "git_ssh_key_location": "Credential location of an SSH key, the fallback.",
    "commit_hash": "Pins the checkout: a sha, a tag or a branch.",
    "flow_label": "Last part of `flow_id`; `exec` at POST /init, `ssm` at POST /ssm.",
    "job_timeout": "Seconds for the whole job. By default 3,600, or the longest path of order timeouts + 300 if that "
    "is more.",
    "presign_expiry": "Seconds that callback URLs live: by default `job_timeout` + 300; at least the longest order's "
    "timeout + 300.",
    "sops_key_ssm_path": "Where the caller keeps the private key that belongs to the orders' `sops_key`.",
    "pr_number": "Carried to events, for callers that comment on pull requests.",
    "issue_number": "Carried to events, for callers that comment on issues.",
}

ORDER_FIELDS = {
    "cmds": "Shell commands, run in sequence; the first failure ends the order. Together at most 256 KB.",
    "timeout": "Seconds for the order as a whole; on lambda at most 840.",
    "order_name": "Unique in the job; by default from `git_folder` or the first command. `_job` is reserved.",
    "execution_target": "`lambda` or `codebuild` (the default) at POST /init; at POST /ssm every order is `ssm`.",
    "git_repo": "Code from git, instead of the job's.",
    "git_folder": "Of the repository only this folder is packaged.",
    "commit_hash": "Pins the checkout, instead of the job's.",
    "s3_location": "Code from `s3://bucket/key.zip`, instead of git.",
    "env_vars": "Extra environment.",
    "ssm_paths": "Credentials in Parameter Store, put into the environment.",
    "secret_manager_paths": "Credentials in Secrets Manager, put into the environment.",
    "target_role_arn": "A role that is assumed for the order's commands.",
    "sops_key": "An age public key to encrypt to; one is made per run otherwise.",
    "queue_id": "Another name that dependencies may use; by default the order's number.",
    "dependencies": "`queue_id`s or `order_name`s of those that must end first.",
    "must_succeed": "False: its own failure neither fails the job nor blocks its dependents.",
    "retries": "Further attempts, for orders that are safe to repeat.",
    "ssm_targets": "The instances that run it, by `instance_ids` or by `tags`; required at POST /ssm and only there.",
    "ssm_document_name": "Another SSM document than the engine's own; only at POST /ssm.",
}
