-- legal units, each with the establishment that is its seat
SELECT units.*, seats.* EXCLUDE (siren, dateDebut, _file, _row)
FROM units LEFT JOIN seats ON lpad(seats.siren, 9, '0') = lpad(units.siren, 9, '0')
    AND lpad(seats.nic, 5, '0') = lpad(units.nicSiegeUniteLegale, 5, '0')
