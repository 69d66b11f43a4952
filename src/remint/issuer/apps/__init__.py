"""Apps: made for a dialect, changed, installed, given credentials and a policy, and shown in a demonstration.

What is asked of them, one transaction each, with its line in the audit trail. They may import tenants,
grants and people.
"""
