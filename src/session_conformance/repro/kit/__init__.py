"""What a script that stands alone has in place of the machinery of a run.

A script takes from here what it uses, and in place of the machinery's definitions of the same name.
`backend` is what it says of its backend: a namespace with the attributes of `Backend`.
"""
