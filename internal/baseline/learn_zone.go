package baseline

import "strings"

// onlyZone is the time zone of a country that has one clock, by the IANA time
// zone database; "" for countries with several and those that are not listed.
func onlyZone(country string) string {
	_, rest, ok := strings.Cut(zones, "\n"+country+" ")
	if !ok {
		return ""
	}
	zone, _, _ := strings.Cut(rest, "\n")
	return zone
}

// zones are countries that keep one time, each with its zone. Countries with
// far islands in another zone are left out, as are those with several zones.
const zones = `
AE Asia/Dubai
AL Europe/Tirane
AM Asia/Yerevan
AT Europe/Vienna
AZ Asia/Baku
BA Europe/Sarajevo
BD Asia/Dhaka
BE Europe/Brussels
BG Europe/Sofia
BH Asia/Bahrain
BO America/La_Paz
BY Europe/Minsk
CH Europe/Zurich
CO America/Bogota
CR America/Costa_Rica
CY Asia/Nicosia
CZ Europe/Prague
DE Europe/Berlin
DK Europe/Copenhagen
DO America/Santo_Domingo
DZ Africa/Algiers
EE Europe/Tallinn
EG Africa/Cairo
ET Africa/Addis_Ababa
FI Europe/Helsinki
FR Europe/Paris
GB Europe/London
GE Asia/Tbilisi
GH Africa/Accra
GR Europe/Athens
GT America/Guatemala
HK Asia/Hong_Kong
HN America/Tegucigalpa
HR Europe/Zagreb
HU Europe/Budapest
IE Europe/Dublin
IL Asia/Jerusalem
IN Asia/Kolkata
IQ Asia/Baghdad
IR Asia/Tehran
IS Atlantic/Reykjavik
IT Europe/Rome
JM America/Jamaica
JO Asia/Amman
JP Asia/Tokyo
KE Africa/Nairobi
KR Asia/Seoul
KW Asia/Kuwait
LB Asia/Beirut
LI Europe/Vaduz
LK Asia/Colombo
LT Europe/Vilnius
LU Europe/Luxembourg
LV Europe/Riga
MA Africa/Casablanca
MC Europe/Monaco
MD Europe/Chisinau
ME Europe/Podgorica
MK Europe/Skopje
MT Europe/Malta
MY Asia/Kuala_Lumpur
NG Africa/Lagos
NL Europe/Amsterdam
NO Europe/Oslo
NP Asia/Kathmandu
OM Asia/Muscat
PA America/Panama
PE America/Lima
PH Asia/Manila
PK Asia/Karachi
PL Europe/Warsaw
PY America/Asuncion
QA Asia/Qatar
RO Europe/Bucharest
RS Europe/Belgrade
SA Asia/Riyadh
SE Europe/Stockholm
SG Asia/Singapore
SI Europe/Ljubljana
SK Europe/Bratislava
SN Africa/Dakar
SV America/El_Salvador
TH Asia/Bangkok
TN Africa/Tunis
TR Europe/Istanbul
TW Asia/Taipei
TZ Africa/Dar_es_Salaam
UG Africa/Kampala
UY America/Montevideo
VE America/Caracas
VN Asia/Ho_Chi_Minh
ZA Africa/Johannesburg
ZM Africa/Lusaka
ZW Africa/Harare
`
