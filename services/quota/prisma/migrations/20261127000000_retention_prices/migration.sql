-- How long conversations are kept, and what models cost. The defaults change no course.
ALTER TABLE courses
  ADD COLUMN retention_days INTEGER CHECK (retention_days > 0),
  ADD COLUMN model_prices   JSONB NOT NULL DEFAULT '{}',
  ADD COLUMN currency       TEXT NOT NULL DEFAULT 'USD';
