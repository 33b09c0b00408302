"""The columns of an entry as the chain encodes them, straight from PostgreSQL: no ORM value comes between."""

ENTRY = (
    "e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS at, e.actor, e.role,"
    " e.acting_for::text AS acting_for, e.action, e.subject, e.clause, e.detail::text AS detail,"
    " e.before::text AS before, e.after::text AS after, e.why, e.address, e.request_id"
)
"""A select list over `trail_entry e` that `backend.trail.chain.canonical` takes as it is."""
