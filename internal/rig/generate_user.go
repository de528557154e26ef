package rig

import (
	"time"
)

// user writes the user object with the properties that a scan asks for. It
// leaves out what the directory never returns unless it is set.
func (g *maker) user(c *card) Object {
	return made(func(w *writer) {
		w.str("id", c.id)
		w.bit("accountEnabled", c.enabled)
		g.assigned(w, c)
		w.strs("businessPhones")
		w.time("createdDateTime", c.created)
		w.text("creationType", c.creationType)
		w.text("department", c.department)
		w.str("displayName", c.name)
		w.text("employeeId", c.employeeID)
		w.text("employeeType", c.employeeType)
		w.text("externalUserState", c.external)
		w.text("givenName", c.first)
		flagOrNull(w, "isResourceAccount", c.resource)
		w.text("jobTitle", c.title)
		w.time("lastPasswordChangeDateTime", c.password)
		w.text("mail", c.mail)
		w.str("mailNickname", c.alias)
		w.text("mobilePhone", c.mobile)
		w.text("officeLocation", c.office)
		g.premises(w, c)
		w.strs("otherMails", c.others()...)
		w.text("passwordPolicies", c.policies)
		w.strs("proxyAddresses", c.proxies()...)
		flagOrNull(w, "showInAddressList", c.hidden)
		w.time("signInSessionsValidFromDateTime", c.validFrom)
		w.text("surname", c.last)
		usage := "SE"
		if c.userType == "Guest" || c.label.Kind == "system" {
			usage = ""
		}
		w.text("usageLocation", usage)
		w.str("userPrincipalName", c.upn)
		w.text("userType", c.userType)
		g.activity(w, c)
		if c.manager != "" {
			w.object("manager", func() {
				w.str("@odata.type", "#microsoft.graph.user")
				w.str("id", c.manager)
			})
		}
	})
}

func flagOrNull(w *writer, name string, set bool) {
	if !set {
		w.nulls(name)
		return
	}
	w.bit(name, name != "showInAddressList") // what is set there is that it is hidden
}

func (g *maker) assigned(w *writer, c *card) {
	w.list("assignedLicenses", func() {
		for _, part := range c.skus {
			w.item(func() {
				w.strs("disabledPlans")
				w.str("skuId", skuNamed(part).id)
			})
		}
	})
}

// premises writes what directory synchronisation left: null where the account
// was never synchronised, false where it once was.
func (g *maker) premises(w *writer, c *card) {
	if c.sync == "" {
		w.nulls("onPremisesDistinguishedName", "onPremisesImmutableId", "onPremisesLastSyncDateTime", "onPremisesSamAccountName", "onPremisesSyncEnabled")
		return
	}
	last := g.ago(0.01)
	if c.sync == "was" {
		last = g.ago(500)
	}
	w.str("onPremisesDistinguishedName", "CN="+c.alias+",OU=Konton,DC=ad,DC=contoso,DC=com")
	w.str("onPremisesImmutableId", immutable(c.id))
	w.time("onPremisesLastSyncDateTime", last)
	w.str("onPremisesSamAccountName", c.alias[:min(len(c.alias), 20)])
	w.bit("onPremisesSyncEnabled", c.sync == "now")
}

// activity writes signInActivity. Who never signed in has none, or null.
func (g *maker) activity(w *writer, c *card) {
	if c.attempt.IsZero() && c.quiet.IsZero() && c.success.IsZero() {
		if c.activityNull {
			w.nulls("signInActivity")
		}
		return
	}
	w.object("signInActivity", func() {
		for i, a := range []struct {
			name string
			at   time.Time
		}{{"lastSignIn", c.attempt}, {"lastNonInteractiveSignIn", c.quiet}, {"lastSuccessfulSignIn", c.success}} {
			w.time(a.name+"DateTime", a.at)
			id := ""
			if !a.at.IsZero() {
				id = uuidOf(g.seed, useTime, textSeed(c.id), uint64(i))
			}
			w.text(a.name+"RequestId", id)
		}
	})
}

func (c *card) others() []string {
	if c.creationType == "Invitation" {
		return []string{c.mail}
	}
	return nil
}

func (c *card) proxies() []string {
	if c.mail == "" {
		return nil
	}
	return []string{"SMTP:" + c.mail}
}

// registration writes the row of the registration report.
func (g *maker) registration(c *card) Object {
	names, strong, key := []string{}, false, false
	for _, m := range c.methods {
		names = append(names, reportedAs[methodTypes[m.kind]]...)
		strong = strong || m.kind != "email"
		key = key || m.kind == "fido2"
	}
	return made(func(w *writer) {
		w.str("id", c.id)
		w.str("userPrincipalName", c.upn)
		w.str("userDisplayName", c.name)
		w.str("userType", map[bool]string{true: "guest", false: "member"}[c.userType == "Guest"])
		w.bit("isAdmin", c.admin)
		w.bit("isSsprRegistered", false)
		w.bit("isSsprEnabled", false)
		w.bit("isSsprCapable", false)
		w.bit("isMfaRegistered", strong)
		w.bit("isMfaCapable", strong)
		w.bit("isPasswordlessCapable", key)
		w.strs("methodsRegistered", names...)
		w.bit("isSystemPreferredAuthenticationMethodEnabled", true)
		w.strs("systemPreferredAuthenticationMethods")
		w.str("userPreferredMethodForSecondaryAuthentication", map[bool]string{true: "push", false: "none"}[strong])
		w.time("lastUpdatedDateTime", g.ago(0.4))
	})
}

var methodTypes = map[string]string{
	"phone":         "phoneAuthenticationMethod",
	"authenticator": "microsoftAuthenticatorAuthenticationMethod",
	"oath":          "softwareOathAuthenticationMethod",
	"fido2":         "fido2AuthenticationMethod",
	"email":         "emailAuthenticationMethod",
}

// registered writes the list of a user's methods. The password is one.
func (g *maker) registered(c *card) Object {
	return made(func(w *writer) {
		w.list("value", func() {
			w.item(func() {
				w.str("@odata.type", "#microsoft.graph.passwordAuthenticationMethod")
				w.str("id", "28c10230-6103-485e-b985-444c60001490")
				w.nulls("password")
				w.time("createdDateTime", c.password)
			})
			for i, m := range c.methods {
				w.item(func() { g.method(w, c, i, m) })
			}
		})
	})
}

func (g *maker) method(w *writer, c *card, i int, m method) {
	id := uuidOf(g.seed, useID, textSeed(c.id), uint64(i))
	if m.kind == "phone" {
		id = "3179e48a-750b-4051-897c-87b9720928f7" // the id of everybody's mobile
	}
	w.str("@odata.type", "#microsoft.graph."+methodTypes[m.kind])
	w.str("id", id)
	switch m.kind {
	case "phone":
		w.str("phoneNumber", "+46 701740699")
		w.str("phoneType", "mobile")
		w.str("smsSignInState", "notConfigured")
	case "authenticator":
		w.str("displayName", "iPhone")
		w.str("deviceTag", "SoftwareTokenActivated")
		w.str("phoneAppVersion", "6.8.40")
	case "fido2":
		w.str("displayName", "Säkerhetsnyckel")
		w.str("model", "Security Key")
		w.str("attestationLevel", "attested")
		w.strs("attestationCertificates")
	}
	w.time("createdDateTime", m.made)
}
