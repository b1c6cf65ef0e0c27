"""The contained child processes in which untrusted bytes are opened.

`client` is the service's side. `server` is a process of its own, with one thread and everything
loaded, that forks a child for each job; `containment` is what a child does to itself before it
sees its first untrusted byte.
"""
