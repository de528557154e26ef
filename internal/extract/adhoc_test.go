package extract
import ("testing";"strings";"time";"os";"path/filepath";"fmt";"math/rand")
func TestAdhocLinear(t *testing.T){
 units:=[]string{"{\"a\":[\n","{\n\"a\":\n","{\"a\":\n","[\n","{\n","{\"a\":\"\n","[{\"a\":1,\n","{\"value\":[\n","{\"value\":[{\"a\":1}\n","{\"value\":[","{\"tables\":[{\"rows\":[","[{\"value\":[\n{\n","1,","\"a\n","x\n","]\n","}","{\"value\":[{\"a\":1},\n","{\"value\":[{\n\"b\":\n","{\"a\":[{\n","[{\n","{\"value\":[]","{\"tables\":[{\"columns\":[]","[\"x\n", "{}\r","{\"records\":[{\"a\":1},{\"b\":\n", "{\"a\":{}\n{\"b\":\n"}
 for i:=0;i<400;i++{ toks:=[]string{"{","}","[","]","\"a\":","\"value\":[","1",",","\n","\n","\"x\"","\"y","\n{","\n{\n","\n {"," ","\"tables\":[","\"rows\":[["}; var b strings.Builder; for j:=rand.Intn(9)+1;j>0;j--{b.WriteString(toks[rand.Intn(len(toks))])}; units=append(units,"{"+b.String())}
 for _,u:=range units {
  in:=strings.Repeat(u,(2<<20)/len(u)); s:=time.Now()
  f:=splitAll(t,strings.NewReader(in),Limits{}); d:=time.Since(s)
  if d>500*time.Millisecond {t.Errorf("%q: %v, %d items %v",u,d,len(f.items),f.err)}
 }
}
func TestAdhocFixtures(t *testing.T){
 p,_:=NewProjection(benchWants()); row:=p.NewRow(); row2:=p.NewRow()
 filepath.Walk(os.Getenv("FIX"),func(path string,fi os.FileInfo,err error)error{
  if err!=nil||fi.IsDir(){return nil}
  e:=filepath.Ext(path); if e!=".json"&&e!=".jsonl"&&e!=".log"{return nil}
  fh,_:=os.Open(path); defer fh.Close()
  n,bad,obj:=0,0,0; var first string; cont:=""
  err=Split(t.Context(),fh,Limits{},func(b *Batch)error{ if cont==""{cont=b.Container}
   for _,it:=range b.Items{ n++; if it.Defect!=""{bad++; if first==""{first=it.Defect}; continue}
    e1,e2:=p.Fast(it.Raw,row),p.Strict(it.Raw,row2)
    if (e1==nil)!=(e2==nil){t.Error(path,e1,e2)}
    if e1==nil{obj++}else if first==""{first=e1.Error()}}
   return nil})
  fmt.Println(path[len(os.Getenv("FIX")):],cont,n,"ok",obj,"bad",bad,first,err)
  return nil})
}
