CREATE TABLE IF NOT EXISTS votes (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  choice VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  vote_key VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'makes a repeated vote the same vote',
  cast_at DATETIME(3) NOT NULL COMMENT 'UTC',
  counted TINYINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  UNIQUE KEY votes_vote_key (vote_key),
  KEY votes_counted (counted, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
