# Nothing is made here: locals.tf reads the resource files, outputs.tf says what they come to.
