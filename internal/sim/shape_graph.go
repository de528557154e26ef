package sim

import "slices"

// betaOnly are the members of a sign-in, at any depth, that Graph's v1.0 does
// not have: what the beta metadata has beyond the v1.0 metadata, and what only
// the beta documentation and exports name.
var betaOnly = []string{
	"alternateSignInName", "appOwnerTenantId", "appServicePrincipalId", "appTokenProtectionStatus",
	"authenticationAppPolicyEvaluationDetails", "authenticationContextClassReferences",
	"authenticationDetails", "authenticationMethodsUsed", "authenticationProcessingDetails",
	"authenticationProtocol", "authenticationRequirement", "authenticationRequirementPolicies",
	"autonomousSystemNumber", "clientCredentialType", "clientSessionId", "conditionalAccessAudiences",
	"crossTenantAccessType", "flaggedForReview", "globalSecureAccessIpAddress", "homeTenantName",
	"incomingTokenType", "ipAddressFromResourceProvider", "isTenantRestricted",
	"isThroughGlobalSecureAccess", "managedServiceIdentity", "mfaDetail", "networkLocationDetails",
	"originalRequestId", "originalTransferMethod", "privateLinkDetails", "processingTimeInMilliseconds",
	"resourceOwnerTenantId", "resourceServicePrincipalId", "servicePrincipalCredentialKeyId",
	"servicePrincipalCredentialThumbprint", "sessionId", "sessionLifetimePolicies", "signInEventTypes",
	"signInIdentifier", "signInIdentifierType", "signInTokenProtectionStatus", "tokenIssuerName",
	"tokenIssuerType", "tokenProtectionStatusDetails", "uniqueTokenIdentifier", "userType",
	// of deviceDetail and appliedConditionalAccessPolicies
	"browserId", "authenticationStrength", "conditionsNotSatisfied", "conditionsSatisfied",
	"excludeRulesSatisfied", "includeRulesSatisfied", "sessionControlsNotSatisfied",
}

// Beyond those, beta has riskType in a risk detection, and userAgent in an
// audit.
var betaOnlyElsewhere = map[string]string{Risk: "riskType", Audit: "userAgent"}

func graphBeta(_ *Options, _ Record, o object) object { return o }

func graphV1(_ *Options, rec Record, o object) object {
	if rec.Log != SignIn {
		return slices.DeleteFunc(o, func(m member) bool { return m.key == betaOnlyElsewhere[rec.Log] })
	}
	return objectOf(mapObjects(o.bytes(), func(o object) object {
		return slices.DeleteFunc(o, func(m member) bool { return slices.Contains(betaOnly, m.key) })
	}))
}
