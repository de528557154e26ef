package rule

// activityAliases: columns of the table AzureActivity and keys of diagnostic
// records, which public rules use for the Azure activity log.
var activityAliases = map[string]alias{
	"operationnamevalue":     {to: "operationName"},
	"operation":              {to: "operationName"},
	"categoryvalue":          {to: "category"},
	"eventcategory":          {to: "category"},
	"resourceprovider":       {to: "resourceProviderName"},
	"resourceprovidervalue":  {to: "resourceProviderName"},
	"resourceuri":            {to: "resourceId"},
	"entity":                 {to: "resourceId"},
	"activitystatus":         {to: "status"},
	"activitystatusvalue":    {to: "status"},
	"resulttype":             {to: "status"},
	"result":                 {to: "status"},
	"activitysubstatus":      {to: "subStatus"},
	"activitysubstatusvalue": {to: "subStatus"},
	"resultsignature":        {to: "subStatus"},
	"initiatedby":            {to: "caller"},
	"ipaddress":              {to: "ip"},
	"clientipaddress":        {to: "ip"},
	"calleripaddress":        {to: "ip"},
	"timegenerated":          {to: "eventTimestamp"},
	"time":                   {to: "eventTimestamp"},
	"message":                {to: "properties.message"},
}
