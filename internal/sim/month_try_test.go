package sim
import ("testing";"fmt";"time")
func TestTry(t *testing.T){
 s,err:=load(t,"month").WithAccounts(5000); if err!=nil{t.Fatal(err)}
 n:=map[string]int{}; b:=0; st:=time.Now(); codes:=map[string]int{}
 for r:=range s.Generate(1){ n[r.Log]++; b+=len(r.JSON)
  if r.Log==SignIn { var o signInFields; if n[SignIn]%10==0 {decode(t,r,&o); codes[fmt.Sprint(o.Status.ErrorCode," ",o.IsInteractive)]++ }}
 }
 fmt.Println(n,b/1e6,time.Since(st)); fmt.Println(codes)
 for _,i:=range s.Incidents(1){fmt.Println(i,i.Rows,i.Records,len(i.Accounts),i.Addresses[0])}
}
