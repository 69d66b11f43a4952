"""What speaks PostgreSQL's protocol. Needs psycopg."""
