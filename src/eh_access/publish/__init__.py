"""What people see: map, report, workbook and GeoPackage."""
