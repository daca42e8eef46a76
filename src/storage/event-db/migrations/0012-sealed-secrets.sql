-- The secret that came with a rejected request, whose place in it has a mark: sealed, to verify the request again.
ALTER TABLE rejected_requests ADD COLUMN sealed_secret TEXT;
