"""Who acts, as PostgreSQL's policies ask it: found in the membership at each question.

The web tells the database a person, their membership and its organisation; there is a side, and so
anything to be seen, while that membership is in force and says the same. Whoever has the machine
tells an organisation and a side. In `maillage.organisations` the own one comes first, then those
that a redirection reaches; or it names those that are counted.
"""

# The same days as `Membership.objects.current()`; a test holds one against the other.
_IN_FORCE = """
    FROM network_membership m
    JOIN core_user u ON u.id = m.user_id AND u.is_active
    WHERE m.id = nullif(current_setting('maillage.membership', true), '')::bigint
      AND m.user_id = nullif(current_setting('maillage.user', true), '')::bigint
      AND m.starts_on <= (now() AT TIME ZONE '{zone}')::date
      AND (m.ends_on IS NULL OR m.ends_on >= (now() AT TIME ZONE '{zone}')::date)
"""
_HEAD = """LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$"""

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION maillage_side() RETURNS text {_HEAD}
DECLARE
    told text := coalesce(current_setting('maillage.side', true), '');
    found text;
BEGIN
    IF told = 'upkeep' THEN
        RETURN CASE WHEN pg_has_role(session_user, current_user, 'MEMBER') THEN 'upkeep' END;
    END IF;
    IF coalesce(current_setting('maillage.membership', true), '') = '' THEN
        RETURN nullif(told, '');
    END IF;
    SELECT m.side INTO found {_IN_FORCE}
      AND (told = 'figures'
           OR m.organisation_id::text
              = split_part(current_setting('maillage.organisations', true), ',', 1));
    RETURN CASE WHEN found IS NOT NULL AND told = 'figures' THEN 'figures' ELSE found END;
END $$;

CREATE OR REPLACE FUNCTION maillage_slugs() RETURNS text[] {_HEAD}
BEGIN
    RETURN ARRAY(SELECT o.slug FROM network_organisation o WHERE o.id = ANY (string_to_array(
        current_setting('maillage.organisations', true), ',')::bigint[]));
END $$;

CREATE OR REPLACE FUNCTION maillage_user() RETURNS bigint {_HEAD}
BEGIN
    IF current_setting('maillage.side', true) = 'figures' THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT m.user_id {_IN_FORCE});
END $$;
"""  # nosec B608


def row_functions(zone: str) -> str:
    return FUNCTIONS.format(zone=zone)
