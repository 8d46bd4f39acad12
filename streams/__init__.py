"""City Brain (城市大脑): from city sources over Kafka and Spark to audited indicators."""
