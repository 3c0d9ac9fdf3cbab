-- Indexes of the tables that hold a row or more a dossier. They are made after a long load: their keys
-- come in any order, so that keeping them up row by row writes a page of each for every row.

CREATE UNIQUE INDEX IF NOT EXISTS enrolment_by_stream ON enrolment_ids (stream);
CREATE UNIQUE INDEX IF NOT EXISTS contract_by_id ON contract_ids (id);
CREATE INDEX IF NOT EXISTS enrolments_of_trainer ON enrolments (trainer_uai, dossier);
CREATE INDEX IF NOT EXISTS enrolments_by_end ON enrolments (end_on, first_contract_on, known_to);
CREATE INDEX IF NOT EXISTS enrolments_stopped ON enrolments (stopped_on) WHERE stopped_on IS NOT NULL;
CREATE INDEX IF NOT EXISTS contracts_of_dossier ON contracts (dossier);
CREATE INDEX IF NOT EXISTS contracts_broken ON contracts (broken_on) WHERE broken_on IS NOT NULL;
