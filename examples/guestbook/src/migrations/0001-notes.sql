CREATE TABLE IF NOT EXISTS notes (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  author VARCHAR(80) NOT NULL,
  text VARCHAR(2000) NOT NULL,
  created_at DATETIME(3) NOT NULL COMMENT 'UTC',
  idempotency_key VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'makes a retried write the same write',
  PRIMARY KEY (id),
  UNIQUE KEY notes_idempotency_key (idempotency_key)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
