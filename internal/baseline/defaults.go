package baseline

import "strings"

// substrate is the application behind shared, room and equipment mailboxes:
// Exchange Online creates their accounts as "Microsoft Substrate Management".
const substrate = "98db8bd6-0cc0-4e67-9de5-f187f1cd1b41"

// defaultApps are the applications that may create accounts in any tenant.
const defaultApps = "\n  - {value: " + substrate + ", note: Exchange creates mailbox accounts with it}"

// defaultMicrosoft are tenants of Microsoft that own services of its cloud. A
// sign-in to such a service may name one as the tenant of the resource. The
// list is not complete, as Microsoft publishes none.
const defaultMicrosoft = `
  - {value: f8cdef31-a31e-4b4a-93e4-5f571e91255a, note: Microsoft Services}
  - {value: 72f988bf-86f1-41af-91ab-2d7cd011db47, note: Microsoft}
  - {value: 9188040d-6c67-4c5b-b112-36a304b66dad, note: personal Microsoft accounts}
  - {value: 33e01921-4d64-4f8c-a055-5bdaffd5e33d, note: Azure operations}`

// role is a privileged role of Entra ID. Template ids are the same in every
// tenant (Microsoft Entra built-in roles, permissions reference).
type role struct{ id, name string }

var roles = []role{
	{"62e90394-69f5-4237-9190-012177145e10", "Global Administrator"},
	{"e8611ab8-c189-46e8-94e1-60213ab1f814", "Privileged Role Administrator"},
	{"7be44c8a-adaf-4e2a-84d6-ab2649e08a13", "Privileged Authentication Administrator"},
	{"fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator"},
	{"194ae4cb-b126-40b2-bd5b-6091b380977d", "Security Administrator"},
	{"5f2222b1-57c3-48ba-8ad5-d4759f1fde6f", "Security Operator"},
	{"29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator"},
	{"f28a1f50-f6e7-4571-818b-6a12f2af6b6c", "SharePoint Administrator"},
	{"3a2c62db-5318-420d-8d74-23affee5d9d5", "Intune Administrator"},
	{"7698a772-787b-4ac8-901f-60d6b08affd2", "Cloud Device Administrator"},
	{"b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", "Conditional Access Administrator"},
	{"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "Application Administrator"},
	{"158c047a-c907-4556-b7ef-446551a6b5f7", "Cloud Application Administrator"},
	{"c4e39bd9-1100-46d3-8c65-fb160da0071f", "Authentication Administrator"},
	{"0526716b-113d-4c15-b2c8-68e3c22b9f80", "Authentication Policy Administrator"},
	{"729827e3-9c14-49f7-bb1b-9608f156bbb8", "Helpdesk Administrator"},
	{"966707d0-3269-4727-9be2-8c3a10f19b9d", "Password Administrator"},
	{"8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", "Hybrid Identity Administrator"},
	{"8329153b-31d0-4727-b945-745eb3bc5f31", "Domain Name Administrator"},
	{"be2f45a1-457d-42af-a067-6ec1fa63bc45", "External Identity Provider Administrator"},
	{"4ba39ca4-527c-499a-b93d-d9b492c50246", "Partner Tier1 Support"},
	{"e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8", "Partner Tier2 Support"},
	{"9360feb5-f418-4baa-8175-e2a00bac4301", "Directory Writers"},
	{"f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader"},
}

func defaultRoles() string {
	var b strings.Builder
	for _, r := range roles {
		b.WriteString("\n  - {value: " + r.id + ", note: " + r.name + "}")
	}
	return b.String()
}

// defaultClients are the values of clientAppUsed that stand for protocols
// without modern authentication, in the spellings of the sign-in log and of
// Microsoft Graph's documentation.
const defaultClients = `
  - Authenticated SMTP
  - AutoDiscover
  - Exchange ActiveSync
  - Exchange Online PowerShell
  - Exchange Web Services
  - IMAP
  - IMAP4
  - MAPI
  - MAPI Over HTTP
  - Offline Address Book
  - Other clients
  - Outlook Anywhere
  - Outlook Anywhere (RPC over HTTP)
  - Outlook Service
  - POP
  - POP3
  - Reporting Web Services
  - SMTP`

// defaultFolders are the mail folders that nobody looks into: as Outlook
// names them in English, Swedish, German and French, and as Graph does.
const defaultFolders = `
  - Conversation History
  - Deleted Items
  - Junk Email
  - Notes
  - RSS Feeds
  - RSS Subscriptions
  - Sync Issues
  - Anteckningar
  - Borttaget
  - Borttagna objekt
  - Konversationshistorik
  - RSS-feeder
  - Skräppost
  - Gelöschte Elemente
  - Gelöschte Objekte
  - Junk-E-Mail
  - Notizen
  - RSS-Feeds
  - Courrier indésirable
  - Éléments supprimés
  - Flux RSS
  - Historique des conversations
  - conversationhistory
  - deleteditems
  - junkemail
  - recoverableitemsdeletions`

// defaultKeywords are the words that thieves of mailboxes filter on: money on
// its way, and warnings that the owner must not see.
const defaultKeywords = `
  - bank
  - hacked
  - iban
  - invoice
  - password
  - payment
  - payroll
  - phishing
  - remittance
  - security alert
  - spam
  - suspicious
  - wire transfer
  - bankgiro
  - betalning
  - faktura
  - lösenord
  - misstänkt
  - utbetalning
  - Kennwort
  - Passwort
  - Rechnung
  - verdächtig
  - Zahlung
  - Überweisung
  - facture
  - mot de passe
  - paiement
  - virement`

// defaultSignature are the words that do not belong into the signature of a
// mail.
const defaultSignature = `
  - account number
  - bitcoin
  - gift card
  - iban
  - new bank details
  - pharmacy
  - bankkonto
  - presentkort
  - Bankverbindung
  - coordonnées bancaires`

// defaultAttributes are the profile attributes as the directory's audit log
// names them: what a thief changes to be reached, or to pass for the owner.
const defaultAttributes = `
  - AlternativeSecurityId
  - GivenName
  - Mobile
  - OtherMail
  - PostalCode
  - StreetAddress
  - StrongAuthenticationUserDetails
  - Surname
  - TelephoneNumber`

// countries are the two-letter codes of ISO 3166-1, and XK, which Microsoft
// uses for Kosovo.
const countries = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ" +
	" CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR" +
	" GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP" +
	" KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT" +
	" MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW" +
	" SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG" +
	" UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW "
